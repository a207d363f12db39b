import { Node, mergeAttributes, type Editor } from '@tiptap/core';

// Labels as our Markdown has them; what is more exotic is edited as source.
const label = String.raw`[^\]\s[^]+`;
const mark = new RegExp(String.raw`^\[\^(${label})\]`);
const note = new RegExp(String.raw`^\[\^(${label})\]:[ \t]+([^\n]+)(?:\n+|$)`);

/** Where a text leads to a note: [^1]. */
export const FootnoteMark = Node.create({
  name: 'footnoteMark',
  inline: true,
  group: 'inline',
  atom: true,
  addAttributes: () => ({ label: { default: '1' } }),
  parseHTML: () => [{ tag: 'sup[data-footnote]' }],
  renderHTML: ({ node, HTMLAttributes }) => ['sup', mergeAttributes(HTMLAttributes, { 'data-footnote': node.attrs.label as string }), String(node.attrs.label)],
  markdownTokenizer: {
    name: 'footnoteMark',
    level: 'inline',
    start: (src) => src.indexOf('[^'),
    tokenize: (src) => {
      const found = mark.exec(src);
      return found ? { type: 'footnoteMark', raw: found[0], label: found[1] } : undefined;
    },
  },
  parseMarkdown: (token, helpers) => helpers.createNode('footnoteMark', { label: token.label as string }),
  renderMarkdown: (node) => `[^${node.attrs?.label}]`,
});

/** The note itself, one paragraph: [^1]: text. */
export const FootnoteText = Node.create({
  name: 'footnoteText',
  group: 'block',
  content: 'inline*',
  defining: true,
  addAttributes: () => ({ label: { default: '1' } }),
  parseHTML: () => [{ tag: 'p[data-note]' }],
  renderHTML: ({ node, HTMLAttributes }) => ['p', mergeAttributes(HTMLAttributes, { 'data-note': node.attrs.label as string, class: 'footnote' }), 0],
  markdownTokenizer: {
    name: 'footnoteText',
    level: 'block',
    start: (src) => src.search(/^\[\^/m),
    tokenize: (src, _, lexer) => {
      const found = note.exec(src);
      if (!found) return undefined;
      return { type: 'footnoteText', raw: found[0], label: found[1], tokens: lexer.inlineTokens(found[2] as string) };
    },
  },
  parseMarkdown: (token, helpers) => helpers.createNode('footnoteText', { label: token.label as string }, helpers.parseInline(token.tokens ?? [])),
  renderMarkdown: (node, helpers) => `[^${node.attrs?.label}]: ${helpers.renderChildren(node.content ?? [])}`,
});

/** Puts a mark where one writes, a note for it at the end, and goes there. */
export function addFootnote(editor: Editor): void {
  const taken = new Set<string>();
  editor.state.doc.descendants((n) => {
    if (n.type.name === 'footnoteMark' || n.type.name === 'footnoteText') taken.add(String(n.attrs.label));
  });
  let n = 1;
  while (taken.has(String(n))) n++;
  const name = String(n);
  editor.chain().focus().insertContent({ type: 'footnoteMark', attrs: { label: name } }).run();
  const end = editor.state.doc.content.size;
  editor.chain().insertContentAt(end, { type: 'footnoteText', attrs: { label: name } }).focus('end').run();
}
