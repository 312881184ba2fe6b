/** What the runtime reported, in words for a person. */
export interface RuntimeFault {
  /** Without the full stop. */
  readonly message: string;
  readonly hint: string;
}

/** Messages of onnxruntime whose cause is known. */
const known: readonly (readonly [pattern: RegExp, fault: RuntimeFault])[] = [
  [
    /out of bounds or can not be read in full|External data path does not exist/,
    {
      message: 'a file with its weights is shorter than when it was opened, or gone',
      hint: 'Another program may have changed or removed the file; check it and load the model again.',
    },
  ],
  [
    /Failed to allocate memory|bad_alloc|narrowing_error|maxStorageBuffer|[Oo]ut of memory/,
    {
      message: 'there is not enough memory',
      hint: 'Use a smaller size or batch, or close other programs.',
    },
  ],
  [
    /cannot be reshaped to the requested shape|Got invalid dimensions for input/,
    {
      message: 'it was not made for this size of picture or length of prompt',
      hint: 'An ONNX export may be made for one size only: set that one, or use another export.',
    },
  ],
  [
    /requires f16 but the device does not support it/,
    { message: 'this GPU cannot compute in half precision', hint: 'Choose another provider.' },
  ],
  [
    /Failed to load shared library/,
    { message: 'its libraries are not installed', hint: 'Install them, or choose another provider.' },
  ],
  [
    /Failed to get a WebGPU adapter/,
    { message: 'there is no GPU that WebGPU can use', hint: 'Update the graphics driver, or choose cpu.' },
  ],
];

const MOST_CHARACTERS = 300;

/** Turns a message of the runtime, which carries source files and line breaks, into a sentence. */
export function runtimeFault(message: string): RuntimeFault {
  const cause = known.find(([pattern]) => pattern.test(message))?.[1];
  if (cause !== undefined) return cause;
  const [line = ''] = message.split('\n');
  const text = line
    .replace(/^.*\[ONNXRuntimeError\] : \d+ : \w+ : /, '')
    .replaceAll(/\S+\.(?:cc|cpp|h):\d+ \S+ ?/g, '')
    .replace(/^(?:Error: )+/, '')
    .replace(/[.\s]+$/, '');
  return {
    message: text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS - 1)}…` : text,
    hint: 'Try another provider, or free memory.',
  };
}
