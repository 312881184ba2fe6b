import DOMPurify from 'dompurify';
import { marked } from 'marked';

/** A text comes with a file from anyone: no scripts, no pictures from elsewhere, no styles. */
const SAFE = {
  ALLOWED_TAGS: [
    'h1',
    'h2',
    'h3',
    'p',
    'ul',
    'ol',
    'li',
    'strong',
    'em',
    'code',
    'pre',
    'blockquote',
    'a',
    'br',
    'hr',
    'del',
  ],
  ALLOWED_ATTR: ['href', 'title'],
};

/** Characters. The time Markdown takes can grow with the square of its length: 90,000 took minutes. */
const LONGEST_MARKDOWN = 8_000;

/** Safe HTML of a note. What is too long, or nested too deep to be read as Markdown, is shown as it was written. */
export function noteHtml(text: string): string {
  return DOMPurify.sanitize(markdown(text) ?? plain(text), SAFE);
}

function markdown(text: string): string | undefined {
  if (text.length > LONGEST_MARKDOWN) return undefined;
  try {
    return marked.parse(text, { async: false, breaks: true });
  } catch {
    // Thousands of quotes inside each other exhaust its call stack.
    return undefined;
  }
}

const plain = (text: string): string =>
  `<p>${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('\n', '<br>')}</p>`;
