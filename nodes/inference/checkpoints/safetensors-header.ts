import { UserError } from '../../core/errors.ts';
import { bytesPerElement, elementCount, isWeightDtype } from './dtypes.ts';
import { recogniseForeign } from './foreign-files.ts';
import { type Refuse, type StatedTensor, scanHeader } from './header-scanner.ts';
import type { WeightSource } from './weights.ts';
import { byteSize, quoted } from './wording.ts';

/** What the header of one safetensors file says; tensor data is not touched. */
export interface SafetensorsFile {
  readonly file: string;
  /** In the order of the header. */
  readonly tensors: ReadonlyMap<string, WeightSource>;
  /** `__metadata__`: free text from whoever made the file. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Bytes of the whole file. */
  readonly size: number;
}

/** The reference implementation's own limit. */
const maxHeaderBytes = 100_000_000;
const prefixBytes = 8;

const refusal = (fileName: string): Refuse => {
  return (what) => {
    throw new UserError(`${fileName} cannot be read: ${what}.`, {
      hint: 'The file is damaged or was not written as safetensors; download it again or use another one.',
    });
  };
};

/**
 * Length in bytes of the JSON header, which follows the 8 bytes that state it.
 *
 * @param start the first bytes of the file, at least 8 where it has them
 * @throws UserError where the file is no safetensors file
 */
export function safetensorsHeaderLength(start: Uint8Array, fileSize: number, fileName: string): number {
  const refuse = refusal(fileName);
  if (fileSize === 0) refuse('it is empty');
  const foreign = () => {
    const found = recogniseForeign(start);
    if (found === undefined) return;
    throw new UserError(`${fileName} is not a safetensors file: it is ${found.what}.`, {
      hint: found.instead,
    });
  };
  if (fileSize < prefixBytes || start.length < prefixBytes) {
    foreign();
    refuse(`it has only ${Math.min(fileSize, start.length)} bytes and a safetensors file begins with 8`);
  }
  const stated = new DataView(start.buffer, start.byteOffset, prefixBytes).getBigUint64(0, true);
  if (stated > BigInt(maxHeaderBytes)) {
    foreign();
    refuse(
      `it states a header of ${stated} bytes, more than the ${maxHeaderBytes} a safetensors file may have`,
    );
  }
  const length = Number(stated);
  if (length > fileSize - prefixBytes) {
    foreign();
    refuse(
      `it states a header of ${length} bytes but ends after ${fileSize} bytes, so it is cut off or no safetensors file`,
    );
  }
  if (length < 2) {
    foreign();
    refuse(`it states a header of ${length} bytes, too short for any`);
  }
  return length;
}

/**
 * Checks and reads a safetensors header. Every tensor of the result lies inside the file, has the
 * number of bytes of its shape and shares no byte with another; together they fill the file.
 *
 * @param bytes the file's first bytes: the 8 of the length and the whole header
 * @throws UserError, in one sentence that names the file and the tensor, for anything else
 */
export function parseSafetensorsHeader(
  bytes: Uint8Array,
  fileSize: number,
  fileName: string,
): SafetensorsFile {
  const refuse = refusal(fileName);
  const length = safetensorsHeaderLength(bytes, fileSize, fileName);
  const dataStart = prefixBytes + length;
  if (bytes.length < dataStart)
    refuse(`only ${bytes.length} of the ${dataStart} bytes of its header could be read`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      bytes.subarray(prefixBytes, dataStart),
    );
  } catch {
    return refuse('its header is not UTF-8 text');
  }
  const header = scanHeader(text, refuse);
  const tensors = new Map<string, WeightSource>();
  for (const [name, stated] of header.tensors) {
    tensors.set(name, locate(name, stated, { file: fileName, dataStart, refuse }));
  }
  checkCoverage(tensors, dataStart, fileSize, refuse);
  return { file: fileName, tensors, metadata: header.metadata, size: fileSize };
}

function locate(
  name: string,
  { dtype, shape, begin, end }: StatedTensor,
  { file, dataStart, refuse }: { file: string; dataStart: number; refuse: Refuse },
): WeightSource {
  const what = `tensor ${quoted(name)}`;
  // Formats of quantised files have element types of their own.
  if (!isWeightDtype(dtype))
    throw new UserError(
      `${file} cannot be read: ${what} has the element type ${quoted(dtype)}, which Kronode does not know.`,
      { hint: 'Use a bf16, fp16 or fp8 version of the model.' },
    );
  const elements = elementCount(shape);
  const byteLength = elements === undefined ? undefined : elements * bytesPerElement[dtype];
  if (byteLength === undefined || !Number.isSafeInteger(byteLength)) {
    return refuse(`${what} of shape [${shape.join(', ')}] has more elements than any file could hold`);
  }
  if (end < begin) refuse(`${what} ends at ${end}, before its beginning at ${begin}`);
  if (end - begin !== byteLength) {
    refuse(
      `${what} of shape [${shape.join(', ')}] and type ${dtype} needs ${byteLength} bytes but its data_offsets give it ${end - begin}`,
    );
  }
  return { dtype, shape, file, offset: dataStart + begin, byteLength };
}

function checkCoverage(
  tensors: ReadonlyMap<string, WeightSource>,
  dataStart: number,
  fileSize: number,
  refuse: Refuse,
): void {
  const inOrder = [...tensors].sort(([, a], [, b]) => a.offset - b.offset || a.byteLength - b.byteLength);
  let end = dataStart;
  let previous = '';
  for (const [name, { offset, byteLength }] of inOrder) {
    if (offset < end) refuse(`tensors ${quoted(previous)} and ${quoted(name)} overlap`);
    if (offset > end) refuse(`${offset - end} bytes before tensor ${quoted(name)} belong to no tensor`);
    end = offset + byteLength;
    previous = name;
  }
  if (end > fileSize) {
    throw new UserError(
      `${inOrder[0]?.[1].file ?? 'The file'} is cut off: its tensors need ${end} bytes (${byteSize(end)}) but it has ${fileSize} (${byteSize(fileSize)}).`,
      { hint: 'The download or copy was not finished; fetch the file again.' },
    );
  }
  if (end < fileSize) refuse(`${fileSize - end} bytes after its last tensor belong to no tensor`);
}
