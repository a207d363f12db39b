import { expect, it } from 'vitest';
import { csvText } from './csv';

it('quotes what would break a line apart', () => {
  expect(csvText([['a', 'b;c', 'say "x"', 'two\nlines', '']])).toBe('a,"b;c","say ""x""","two\nlines",\r\n');
});

it('has nothing that a spreadsheet would calculate', () => {
  expect(csvText([['=HYPERLINK("x")', '@x', '-1+2', '+213 21', '-12.5', '\tx']])).toBe(`"'=HYPERLINK(""x"")",'@x,'-1+2,'+213 21,-12.5,'\tx\r\n`);
});
