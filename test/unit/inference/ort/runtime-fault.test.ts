import { describe, expect, it } from 'vitest';
import { runtimeFault } from '../../../../nodes/inference/ort/runtime-fault.ts';

describe('faults of the runtime', () => {
  it.each([
    [
      'GetExtDataFromTensorProto External initializer: w offset: 4096 size to read: 16384 given file_length: 16384 are out of bounds or can not be read in full.',
      'shorter than when it was opened',
    ],
    ['Failed to allocate memory for requested buffer of size 4000000000000', 'not enough memory'],
    ['Failed to get a WebGPU adapter: No supported adapters', 'no GPU that WebGPU can use'],
    [
      'shader_helper.cc:416 GenerateSourceCode Program MatMul requires f16 but the device does not support it.',
      'half precision',
    ],
  ])('of a known cause are told by it: %s', (message, expected) => {
    expect(runtimeFault(message).message).toContain(expected);
  });

  it('of an unknown cause lose the source files', () => {
    const message =
      'Error: Exception: /src/core/x.cc:51 onnx::Init::Init [ONNXRuntimeError] : 1 : FAIL : tensor.cc:17 Read The tensor is odd.\nStacktrace: …';
    expect(runtimeFault(message).message).toBe('The tensor is odd');
  });

  it('are no longer than a paragraph', () => {
    expect(runtimeFault('x'.repeat(5000)).message).toHaveLength(300);
  });
});
