import { Downloads } from '../../nodes/host/downloads/downloads.ts';
import { testModel } from './test-model.ts';

/** Downloads the test model into a folder from a mirror, as the host does, and says when it is done. */
const [folder = '', stateFolder = '', mirror = ''] = process.argv.slice(2);
const fail = (problem: unknown) => {
  throw problem instanceof Error ? problem : new Error(String(problem));
};
const downloads = await Downloads.open({
  stateFolder,
  modelFolder: () => folder,
  models: [testModel],
  policy: { stallAfter: 5000, retryAfter: 10 },
  onProblem: fail,
  onDefect: fail,
  onChange: ({ models: [model] }) => {
    process.stdout.write(`${model?.state} ${model?.doneBytes}\n`);
    if (model?.state === 'failed') fail(model.message);
  },
});
await downloads.configure({ enabled: true, mirror });
const { missingBytes } = await downloads.plan('test');
await downloads.start('test', missingBytes);
