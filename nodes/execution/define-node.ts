import type { NodeInputs } from '../core/inputs.ts';
import type { AnyNodeDefinition, NodeDefinition, NodeOutputs } from '../core/node.ts';
import type { RunContext } from './context.ts';

/** A node as the executor runs it. */
export type KronodeNode = AnyNodeDefinition<RunContext>;

/** Declares a node; the arguments and the result of `run` are inferred from its inputs and outputs. */
export const defineNode = <const I extends NodeInputs, const O extends NodeOutputs>(
  definition: NodeDefinition<RunContext, I, O>,
): NodeDefinition<RunContext, I, O> => definition;
