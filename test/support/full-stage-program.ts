import { runStage } from './full-stage.ts';

/** Started as `--stage REQUEST` by `watchStage`. */
process.stdout.write(JSON.stringify(await runStage(JSON.parse(process.argv[3] ?? ''))));
