import { describe, expect, it } from 'vitest';
import { encodingOf, readTable, separatorOf } from './table';

describe('a table', () => {
  it('is read with quotes, lines within cells and empty lines', () => {
    expect(readTable('\uFEFFa;b\r\n"x;y";"say ""z"""\r\n\r\n"two\nlines";\n', ';')).toEqual({
      head: ['a', 'b'], rows: [['x;y', 'say "z"'], ['two\nlines', '']], lines: [2, 4],
    });
  });

  it('tells its separator, whatever stands in quotes', () => {
    expect(separatorOf('a;b;c\n1,2,3,4,5')).toBe(';');
    expect(separatorOf('"a;b;c;d",x,y\n')).toBe(',');
    expect(separatorOf('a\tb')).toBe('\t');
  });

  it('tells UTF-8 from what an old spreadsheet writes', () => {
    expect(encodingOf(new TextEncoder().encode('Réseau'))).toBe('utf-8');
    expect(encodingOf(new Uint8Array([0x52, 0xe9, 0x73]))).toBe('windows-1252');
    expect(new TextDecoder('windows-1252').decode(new Uint8Array([0x52, 0xe9, 0x73]))).toBe('Rés');
  });
});
