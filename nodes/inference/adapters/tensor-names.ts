/** What a tensor of an adapter file is to its module. */
export type TensorRole =
  | 'lokr_w1'
  | 'lokr_w1_a'
  | 'lokr_w1_b'
  | 'lokr_w2'
  | 'lokr_w2_a'
  | 'lokr_w2_b'
  | 'lokr_t2'
  | 'hada_w1_a'
  | 'hada_w1_b'
  | 'hada_w2_a'
  | 'hada_w2_b'
  | 'hada_t1'
  | 'hada_t2'
  | 'lora_up'
  | 'lora_down'
  | 'lora_mid'
  | 'alpha'
  | 'dora_scale';

/** Spellings of the ends of names, by who writes them; the first that fits counts. */
const endings: readonly (readonly [RegExp, (match: RegExpExecArray) => TensorRole])[] = [
  // LyCORIS, and ai-toolkit and SimpleTuner after it.
  [
    /\.(lokr_w[12]|lokr_w[12]_[ab]|lokr_t2|hada_w[12]_[ab]|hada_t[12])(?:\.weight)?$/,
    ([, role]) => role as TensorRole,
  ],
  [/\.(alpha|dora_scale)$/, ([, role]) => role as TensorRole],
  // kohya and musubi-tuner.
  [/\.lora_(up|down|mid)(?:\.weight)?$/, ([, part]) => `lora_${part as 'up' | 'down' | 'mid'}`],
  // PEFT and diffusers: A comes first, so it is the one that goes down; a name may stand after it.
  [/\.lora_A(?:\.\w+)?(?:\.weight)?$/, () => 'lora_down'],
  [/\.lora_B(?:\.\w+)?(?:\.weight)?$/, () => 'lora_up'],
  [/\.lora_magnitude_vector(?:\.weight)?$/, () => 'dora_scale'],
  // Early diffusers.
  [/[._]lora\.(up|down)(?:\.weight)?$/, ([, part]) => `lora_${part as 'up' | 'down'}`],
];

/** Takes the name of an adapter's tensor apart; undefined for any other name. */
export function splitTensorName(
  name: string,
): { readonly module: string; readonly role: TensorRole } | undefined {
  // PEFT names its adapters, "default" where nobody chose a name.
  const plain = name.replaceAll('.default.', '.').replace(/\.default$/, '');
  for (const [ending, roleOf] of endings) {
    const match = ending.exec(plain);
    if (match !== null && match.index > 0)
      return { module: plain.slice(0, match.index), role: roleOf(match) };
  }
  return undefined;
}
