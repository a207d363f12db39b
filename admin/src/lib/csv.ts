// What a spreadsheet would take for a formula gets an apostrophe before it,
// which spreadsheets hide and our import takes off again. Numbers stay numbers.
const formula = /^[=+\-@\t\r]/;
const plainNumber = /^[+-]?\d+([.,]\d+)?$/;

function cell(text: string): string {
  const safe = formula.test(text) && !plainNumber.test(text) ? `'${text}` : text;
  return /[",;\r\n]|^\s|\s$/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}

const lines = (rows: string[][]): string => rows.map((row) => row.map(cell).join(',') + '\r\n').join('');

/**
 * A table as a CSV file (RFC 4180) that spreadsheets open as they should: with
 * a byte order mark, so that they read it as UTF-8.
 */
export function csvFile(head: string[], parts: string[][][]): Blob {
  return new Blob(['\uFEFF', lines([head]), ...parts.map(lines)], { type: 'text/csv;charset=utf-8' });
}

export const csvText = lines;

/** Gives somebody a file to keep. */
export function download(file: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
