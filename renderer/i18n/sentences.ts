/** How the values in a sentence are said in the other language; as they are where nothing is known. */
export interface SentenceWords {
  title(title: string): string;
  input(name: string): string;
  socket(label: string): string;
  kind(name: string): string;
  /** A list that may end in “and 3 more”. */
  names(list: string): string;
}

interface Pattern {
  /** What the sentence says before, between and after its places; one more than these. */
  readonly texts: readonly string[];
  /** What stands at each place. */
  readonly places: readonly string[];
  readonly wording: string;
  /** Characters that are not values: where two fit, the one that says more is meant. */
  readonly said: number;
}

const PLACE = /\{(\w+)\}/;

function patternOf([sentence, wording]: readonly [string, string]): Pattern {
  // Text and names of places in turn.
  const parts = sentence.split(PLACE);
  const texts = parts.filter((_, i) => i % 2 === 0);
  return {
    texts,
    places: parts.filter((_, i) => i % 2 === 1),
    wording,
    said: texts.join('').length,
  };
}

/**
 * What stands at the places of a sentence, none of them empty; undefined where it is another sentence. Each
 * place ends where its next text first comes: if that leads nowhere no later one does, so that nothing is
 * tried twice, as the same pattern in a regular expression would for seconds on a text made for it.
 */
function valuesAt([first = '', ...rest]: readonly string[], sentence: string): string[] | undefined {
  const last = rest.pop();
  if (last === undefined) return sentence === first ? [] : undefined;
  if (!sentence.startsWith(first) || !sentence.endsWith(last)) return undefined;
  const values: string[] = [];
  let at = first.length;
  for (const text of rest) {
    const end = sentence.indexOf(text, at + 1);
    if (end < 0) return undefined;
    values.push(sentence.slice(at, end));
    at = end + text.length;
  }
  const end = sentence.length - last.length;
  return end > at ? [...values, sentence.slice(at, end)] : undefined;
}

/** Sentences within sentences that are followed. */
const MOST_NESTED = 4;

/**
 * Says sentences in another language. As with gettext the sentence itself is the key, so whoever writes one
 * needs to know nothing of this. One that is not in the table, or holds a part (`{said}`) that is not, gives
 * undefined: a sentence is never half in each language.
 */
export function sentenceReader(table: Readonly<Record<string, string>>, words: SentenceWords) {
  const patterns = Object.entries(table)
    .map(patternOf)
    .sort((a, b) => b.said - a.said);
  const wordsFor = (place: string, value: string, depth: number): string | undefined => {
    const kind = place.replace(/\d+$/, '');
    if (kind === 'said') return say(value, depth + 1);
    return kind === 'title' || kind === 'input' || kind === 'socket' || kind === 'kind' || kind === 'names'
      ? words[kind](value)
      : value;
  };
  const say = (sentence: string, depth: number): string | undefined => {
    if (depth > MOST_NESTED) return undefined;
    for (const { texts, places, wording } of patterns) {
      const found = valuesAt(texts, sentence);
      if (!found) continue;
      const values = new Map<string, string>();
      for (const [i, place] of places.entries()) {
        const value = wordsFor(place, found[i] ?? '', depth);
        if (value !== undefined) values.set(place, value);
      }
      if (values.size === new Set(places).size)
        return wording.replaceAll(new RegExp(PLACE, 'g'), (_, place: string) => values.get(place) ?? '');
    }
    return undefined;
  };
  return (sentence: string): string | undefined => say(sentence, 0);
}
