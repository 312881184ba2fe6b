/** Element types a safetensors file may hold. */
export type WeightDtype =
  | 'F64'
  | 'F32'
  | 'F16'
  | 'BF16'
  | 'F8_E4M3'
  | 'F8_E5M2'
  | 'I64'
  | 'I32'
  | 'I16'
  | 'I8'
  | 'U64'
  | 'U32'
  | 'U16'
  | 'U8'
  | 'BOOL';

/**
 * Where one weight lies on disk. The graph builder turns it into ONNX external data, so the
 * bytes are mapped in place and never copied through JavaScript.
 */
export interface WeightSource {
  readonly dtype: WeightDtype;
  /** Row-major; PyTorch's own layout ([out, in] for a linear layer, [out, in, kh, kw] for a convolution). */
  readonly shape: readonly number[];
  /** Absolute path of the safetensors file. */
  readonly file: string;
  /** Absolute byte offset in the file (header included). */
  readonly offset: number;
  readonly byteLength: number;
  /** What the stored values of an 8-bit weight are multiplied by: one number, or one for each row. */
  readonly scale?: WeightSource;
}

/**
 * The weights of one model part under their **diffusers / transformers names**, whatever layout
 * the file on disk has. A fused qkv matrix appears as three sources that slice one tensor.
 */
export type Weights = ReadonlyMap<string, WeightSource>;

/** A matrix [out, in] that was quantised in blocks along its rows: weight = (code − zero point) · scale. */
export interface BlockSource {
  readonly bits: 4 | 8;
  readonly blockSize: number;
  readonly shape: readonly [number, number];
  /** U8 [out, blocks, bytes of a block] */
  readonly codes: WeightSource;
  /** F32 or F16 [out, blocks] */
  readonly scales: WeightSource;
  /** U8 [out, bytes of a row] */
  readonly zeroPoints: WeightSource;
}

export const isBlockSource = (source: WeightSource | BlockSource): source is BlockSource => 'codes' in source;

/** The weights of a network as it is run: some may be quantised. */
export type NetworkWeights = ReadonlyMap<string, WeightSource | BlockSource>;
