import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StopWatch } from '../../../electron/supervisor/stop-watch.ts';

describe('StopWatch', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const watch = () => {
    const onGiveUp = vi.fn();
    return { onGiveUp, watch: new StopWatch(5000, onGiveUp) };
  };

  it('gives up after the grace period', () => {
    const { watch: stop, onGiveUp } = watch();
    vi.advanceTimersByTime(60_000);
    stop.stopAsked();
    vi.advanceTimersByTime(4999);
    expect(onGiveUp).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(onGiveUp).toHaveBeenCalledTimes(1);
  });

  it('waits anew whenever the job shows that it is alive', () => {
    const { watch: stop, onGiveUp } = watch();
    stop.stopAsked();
    vi.advanceTimersByTime(4000);
    stop.alive(4000);
    vi.advanceTimersByTime(4999);
    expect(onGiveUp).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(onGiveUp).toHaveBeenCalledTimes(1);
  });

  it('waits three steps of a job whose steps are long', () => {
    const { watch: stop, onGiveUp } = watch();
    // Loading took a minute; that is no step.
    stop.alive(0);
    stop.alive(60_000, 'sample');
    stop.alive(80_000, 'sample');
    stop.stopAsked();
    vi.advanceTimersByTime(59_999);
    expect(onGiveUp).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(onGiveUp).toHaveBeenCalledTimes(1);
  });

  it('leaves a job alone that is over', () => {
    const { watch: stop, onGiveUp } = watch();
    stop.stopAsked();
    stop.done();
    vi.advanceTimersByTime(60_000);
    expect(onGiveUp).not.toHaveBeenCalled();
  });
});
