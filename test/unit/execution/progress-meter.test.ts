import { describe, expect, it } from 'vitest';
import { ProgressMeter } from '../../../nodes/execution/events.ts';

describe('ProgressMeter', () => {
  it('knows nothing before the first unit', () => {
    expect(new ProgressMeter(0).update(1000, 0, 8)).toEqual({ rate: undefined, secondsLeft: undefined });
  });

  it('goes by the clock, over several units at once too', () => {
    const meter = new ProgressMeter(1000);
    expect(meter.update(3000, 1, 8)).toEqual({ rate: 0.5, secondsLeft: 14 });
    expect(meter.update(7000, 3, 8)).toEqual({ rate: 0.5, secondsLeft: 10 });
  });

  it('prefers the time a unit says it took: the first one waited for the model', () => {
    const meter = new ProgressMeter(0);
    expect(meter.update(60_000, 1, 8, 1000)).toEqual({ rate: 1, secondsLeft: 7 });
  });

  it('leans towards the newest times, smoothly', () => {
    const meter = new ProgressMeter(0);
    meter.update(1000, 1, 10);
    const { secondsLeft } = meter.update(3000, 2, 10);
    expect(secondsLeft).toBeCloseTo(8 * 1.3, 10);
  });

  it('starts over when a node counts another round', () => {
    const meter = new ProgressMeter(0);
    meter.update(1000, 1, 2);
    meter.update(2000, 2, 2);
    meter.update(2000, 0, 2);
    expect(meter.update(4000, 1, 2).secondsLeft).toBeCloseTo(1.3, 10);
  });

  it('never promises less than no time', () => {
    expect(new ProgressMeter(0).update(1000, 5, 4).secondsLeft).toBe(0);
    expect(new ProgressMeter(0).update(0, 1, 4)).toEqual({ rate: undefined, secondsLeft: undefined });
  });
});
