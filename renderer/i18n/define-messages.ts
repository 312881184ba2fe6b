/** The languages the app speaks. */
export const languages = { en: 'English', zh: '简体中文' } as const;
export type Language = keyof typeof languages;

type Table = Readonly<Record<string, string>>;

/**
 * The words of one part of the app in every language; a key that one of them lacks does not compile.
 * `{name}` stands for a value, `one thing | {count} things` for a plural that follows `count`.
 */
export const defineMessages = <const En extends Table>(messages: {
  readonly en: En;
  readonly zh: { readonly [K in keyof En]: string };
}): { readonly [L in Language]: { readonly [K in keyof En]: string } } => messages;
