/** Bytes that are read piece by piece. */
export interface ByteSource {
  readonly size: number;
  /** Exactly `length` bytes from `offset` on, which lie inside the source. */
  read(offset: number, length: number): Uint8Array;
}

/** A field of a message: its number and how its value is encoded. */
export interface Field {
  readonly number: number;
  readonly wire: number;
}

const VARINT = 0;
const FIXED64 = 1;
export const LENGTH = 2;
const FIXED32 = 5;

/** More fields than the largest real graph has; an end to files made of nothing else. */
const MOST_FIELDS = 20_000_000;
const WINDOW = 256 * 1024;

/** A message that breaks the format; told as a clause such as "it is cut off". */
export class ProtoError extends Error {
  override readonly name = 'ProtoError';
}

/**
 * Reads protocol buffers without building anything: values that nobody asks for are stepped over, so
 * gigabytes of weights between two fields cost nothing. Every length is checked against the message
 * around it.
 */
export class ProtoReader {
  readonly #source: ByteSource;
  #window: Uint8Array = new Uint8Array(0);
  #windowAt = 0;
  #position: number;
  #end: number;
  #fields = 0;

  constructor(source: ByteSource, from = 0, to = source.size) {
    this.#source = source;
    this.#position = from;
    this.#end = to;
  }

  get position(): number {
    return this.#position;
  }

  /** The next field of the current message, or undefined at its end. */
  next(): Field | undefined {
    if (this.#position === this.#end) return undefined;
    if (++this.#fields > MOST_FIELDS) throw new ProtoError('it has more parts than any model');
    const key = this.integer();
    const number = Math.floor(key / 8);
    const wire = key % 8;
    if (number < 1 || ![VARINT, FIXED64, LENGTH, FIXED32].includes(wire))
      throw new ProtoError('it is no ONNX file or is damaged');
    return { number, wire };
  }

  /**
   * A whole number; negative ones are two's complement of 64 bits. Beyond 2⁵³ it is rounded: no size
   * or offset is that large.
   */
  integer(): number {
    let value = 0;
    let exact = 0n;
    for (let count = 0; count < 10; count++) {
      const byte = this.#byte();
      // Seven groups of seven bits are exact in a double.
      if (count < 7) value += (byte & 0x7f) * 2 ** (7 * count);
      else exact |= BigInt(byte & 0x7f) << BigInt(7 * count);
      if (byte < 128) return count < 7 ? value : Number(BigInt.asIntN(64, exact | BigInt(value)));
    }
    throw new ProtoError('it holds a number that is too long');
  }

  /** Bytes of a value that states its length; the value comes next. */
  length(): number {
    const length = this.integer();
    if (length < 0 || length > this.#end - this.#position)
      throw new ProtoError('it is cut off or damaged: a part of it reaches beyond its end');
    return length;
  }

  bytes(length: number): Uint8Array {
    const at = this.#position;
    this.#position += length;
    if (length > WINDOW) return this.#source.read(at, length).slice();
    this.#fill(at, length);
    return this.#window.slice(at - this.#windowAt, at - this.#windowAt + length);
  }

  /** Bytes that were passed already. */
  copy(from: number, length: number): Uint8Array {
    return this.#source.read(from, length).slice();
  }

  /** @param most bytes; longer texts are refused */
  text(most: number): string {
    const length = this.length();
    if (length > most) throw new ProtoError(`it holds a name of ${length} bytes`);
    return new TextDecoder().decode(this.bytes(length));
  }

  float(): number {
    const bytes = this.#fixed(4);
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getFloat32(0, true);
  }

  /** Steps over a value. */
  skip({ wire }: Field): void {
    if (wire === VARINT) this.integer();
    else if (wire === LENGTH) this.pass(this.length());
    else this.#fixed(wire === FIXED64 ? 8 : 4);
  }

  /** Steps over `length` bytes that were checked by `length()`. */
  pass(length: number): void {
    this.#position += length;
  }

  /** Reads a message inside this one: `each` is called at every field and has to use up its value. */
  message(each: (field: Field) => void): void {
    this.within(this.length(), each);
  }

  /** The same for a message whose length was read already. */
  within(length: number, each: (field: Field) => void): void {
    const outer = this.#end;
    this.#end = this.#position + length;
    for (let field = this.next(); field; field = this.next()) each(field);
    this.#end = outer;
  }

  /** Whole numbers of a repeated field, in either of its two forms. */
  integers({ wire }: Field, into: number[], most: number): void {
    const add = () => {
      if (into.length >= most) throw new ProtoError(`it holds a list of more than ${most} numbers`);
      into.push(this.integer());
    };
    if (wire === VARINT) {
      add();
      return;
    }
    const end = this.length() + this.#position;
    const outer = this.#end;
    this.#end = end;
    while (this.#position < end) add();
    this.#end = outer;
  }

  #byte(): number {
    if (this.#position >= this.#end) throw new ProtoError('it is cut off or damaged');
    this.#fill(this.#position, 1);
    return this.#window[this.#position++ - this.#windowAt] ?? 0;
  }

  #fixed(length: 4 | 8): Uint8Array {
    if (length > this.#end - this.#position) throw new ProtoError('it is cut off or damaged');
    return this.bytes(length);
  }

  #fill(at: number, length: number): void {
    if (at >= this.#windowAt && at + length <= this.#windowAt + this.#window.length) return;
    this.#windowAt = at;
    this.#window = this.#source.read(at, Math.min(WINDOW, this.#source.size - at));
  }
}
