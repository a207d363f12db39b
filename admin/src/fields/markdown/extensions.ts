import { Editor, type Extensions } from '@tiptap/core';
import { Link } from '@tiptap/extension-link';
import { TableKit } from '@tiptap/extension-table';
import { Markdown } from '@tiptap/markdown';
import { StarterKit } from '@tiptap/starter-kit';
import { FootnoteMark, FootnoteText } from './footnotes';
import { Picture } from './Picture';

const ours = /^(entry|asset):[0-9A-Z]{26}$/;

/** What the visual editor knows: what the API's Markdown can say. */
export const extensions: Extensions = [
  StarterKit.configure({ link: false, underline: false, heading: { levels: [2, 3, 4] } }),
  Link.extend({ inclusive: false }).configure({
    openOnClick: false,
    autolink: true,
    defaultProtocol: 'https',
    protocols: ['entry', 'asset'],
    HTMLAttributes: { rel: null, target: null },
    isAllowedUri: (url, { defaultValidate }) => ours.test(url) || defaultValidate(url),
  }),
  Picture,
  FootnoteMark,
  FootnoteText,
  TableKit.configure({ table: { resizable: false } }),
  Markdown,
];

/** An editor without a place on the page. */
export function editorFor(text: string): Editor {
  return new Editor({ extensions, content: text, contentType: 'markdown', injectCSS: false });
}
