import { createServices } from '../../nodes/inference/services/index.ts';
import { runEngineProcess } from './engine-process.ts';

runEngineProcess(createServices);
