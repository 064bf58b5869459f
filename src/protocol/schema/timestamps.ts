/** The textual forms of timestamps. Parsers answer epoch milliseconds, NaN for text that is none. */
const dateTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const httpDate = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d(\.\d+)? GMT$/;

export const parseDateTime = (text: string): number => (dateTime.test(text) ? Date.parse(text) : Number.NaN);
export const parseHttpDate = (text: string): number => (httpDate.test(text) ? Date.parse(text) : Number.NaN);

/** `2026-01-02T03:04:05Z`, with milliseconds only where there are some. */
export const formatDateTime = (date: Date): string => date.toISOString().replace('.000Z', 'Z');
export const formatHttpDate = (date: Date): string => date.toUTCString();
