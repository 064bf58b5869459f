/**
 * Texts that come again and again from outside (digests of images) as one text in memory, however many rows hold them.
 * More: memory for texts that nobody holds any more; fewer: texts are held twice.
 */
const maxTexts = 1_000;
const texts = new Map<string, string>();

/** The same text; of equal ones that came lately, the same in memory too. */
export function sharedText(text: string): string {
  const known = texts.get(text);
  if (known !== undefined) return known;
  const [oldest] = texts.keys();
  if (texts.size >= maxTexts && oldest !== undefined) texts.delete(oldest);
  texts.set(text, text);
  return text;
}
