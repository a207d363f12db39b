/**
 * Whether a text came back from the visual editor as it went in, but for the
 * ways in which Markdown writes the same thing: bullets, emphasis marks,
 * escapes, the padding of tables, empty lines.
 */
export function faithful(before: string, after: string): boolean {
  return plain(before) === plain(after);
}

function plain(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/\u00a0|&nbsp;/g, ' ')
    .replace(/\\([\\`*_{}[\]()#+\-.!|~<>])/g, '$1')
    .replace(/^(\s*)[*+-]\s+/gm, '$1- ')
    .replace(/^(\s*)(\d+)[.)]\s+/gm, '$1$2. ')
    .replace(/(?<![\w*])_([^_\n]+)_(?![\w*])/g, '*$1*')
    .replace(/__([^_\n]+)__/g, '**$1**')
    .replace(/^\|?[\s:|-]+\|[\s:|-]*$/gm, (row) => row.replace(/\s/g, '').replace(/-+/g, '-').replace(/^\||\|$/g, ''))
    .replace(/^[ \t]*\|(.*)\|[ \t]*$/gm, (_, cells: string) => cells.split('|').map((c) => c.trim()).join('|'))
    .replace(/[ \t]+$/gm, '')
    .replace(/&amp;/g, '&')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/\n[ \t]*(?=\n)/g, '')
    .replace(/^[ \t]+/gm, '')
    .trim();
}
