/** A table as it was read from a file. */
export interface Sheet {
  head: string[];
  rows: string[][];
  /** The line of the file in which each row begins, from 1. */
  lines: number[];
}

export const encodings = ['utf-8', 'windows-1252', 'utf-16le', 'windows-1256'] as const;
export type Encoding = (typeof encodings)[number];

export const separators = [',', ';', '\t'] as const;
export type Separator = (typeof separators)[number];

/** The encoding that bytes most likely have: what is no UTF-8 comes from a spreadsheet on Windows. */
export function encodingOf(bytes: Uint8Array): Encoding {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return 'utf-8';
  } catch {
    return 'windows-1252';
  }
}

/** The separator that the first line most likely has. */
export function separatorOf(text: string): Separator {
  const first = (text.split(/\r?\n/, 1)[0] ?? '').replace(/"[^"]*"/g, '');
  const count = (s: string) => first.split(s).length;
  return separators.reduce((best, s) => (count(s) > count(best) ? s : best));
}

/** Reads a CSV file (RFC 4180, with any of the separators). Empty lines are left out. */
export function readTable(text: string, separator: string): Sheet {
  const records: string[][] = [];
  const lines: number[] = [];
  let record: string[] = [];
  let cell = '';
  let quoted = false;
  let line = 1;
  let began = 1;
  const endCell = () => {
    record.push(cell);
    cell = '';
  };
  const endRecord = () => {
    endCell();
    if (record.some((c) => c !== '')) {
      records.push(record);
      lines.push(began);
    }
    record = [];
    began = line;
  };
  for (let i = text.startsWith('\uFEFF') ? 1 : 0; i < text.length; i++) {
    const c = text[i] as string;
    if (c === '\n') line++;
    if (quoted) {
      if (c !== '"') cell += c;
      else if (text[i + 1] === '"') cell += text[++i];
      else quoted = false;
    } else if (c === '"' && cell === '') quoted = true;
    else if (c === separator) endCell();
    else if (c === '\n') endRecord();
    else if (c !== '\r' || text[i + 1] !== '\n') cell += c;
  }
  endRecord();
  const [head = [], ...rows] = records;
  return { head: head.map((h) => h.trim()), rows, lines: lines.slice(1) };
}
