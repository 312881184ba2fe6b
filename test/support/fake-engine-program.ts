import { runEngineProcess } from '../../electron/engine-process/engine-process.ts';
import { createFakeServices } from './fake-services.ts';

runEngineProcess(createFakeServices({ stepMilliseconds: Number(process.env.KRONODE_FAKE_STEP ?? 20) }));
