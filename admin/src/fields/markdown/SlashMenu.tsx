import { Paper, Text, UnstyledButton } from '@mantine/core';
import type { Editor } from '@tiptap/core';
import { useEffect, useRef, useState, type RefObject } from 'react';
import { useI18n, type Key } from '../../i18n/i18n';
import { addFootnote } from './footnotes';

interface Item {
  name: string;
  label: Key;
  perform(editor: Editor): void;
}

// What can be put where one writes. Dialogs are opened by whoever shows the menu.
const items: Item[] = [
  { name: 'h2', label: 'rich.h2', perform: (e) => e.chain().focus().setHeading({ level: 2 }).run() },
  { name: 'h3', label: 'rich.h3', perform: (e) => e.chain().focus().setHeading({ level: 3 }).run() },
  { name: 'bullets', label: 'rich.bullets', perform: (e) => e.chain().focus().toggleBulletList().run() },
  { name: 'numbers', label: 'rich.numbers', perform: (e) => e.chain().focus().toggleOrderedList().run() },
  { name: 'quote', label: 'rich.quote', perform: (e) => e.chain().focus().toggleBlockquote().run() },
  { name: 'table', label: 'rich.table', perform: (e) => e.chain().focus().insertTable({ rows: 3, cols: 2, withHeaderRow: true }).run() },
  { name: 'rule', label: 'rich.rule', perform: (e) => e.chain().focus().setHorizontalRule().run() },
  { name: 'footnote', label: 'rich.footnote', perform: addFootnote },
];

export interface Dialogs {
  picture(): void;
  entry(): void;
}

interface Slash {
  text: string;
  from: number;
  to: number;
  left: number;
  top: number;
}

// A slash at the start of a paragraph, and what is typed after it.
function slashIn(editor: Editor): Slash | null {
  const { $from, empty } = editor.state.selection;
  if (!empty || !editor.isFocused || $from.parent.type.name !== 'paragraph') return null;
  const before = $from.parent.textBetween(0, $from.parentOffset);
  const found = /^\/([\p{L}\p{N} ]{0,20})$/u.exec(before);
  if (!found) return null;
  const at = editor.view.coordsAtPos($from.pos);
  const box = editor.view.dom.getBoundingClientRect();
  return { text: (found[1] as string).toLowerCase(), from: $from.start(), to: $from.pos, left: Math.max(0, Math.min(at.left - box.left, box.width - 260)), top: at.bottom - box.top + 4 };
}

/** Takes the keys that belong to the open menu. */
export type TakeKey = (key: string) => boolean;

interface Props {
  editor: Editor;
  dialogs: Dialogs;
  keys: RefObject<TakeKey | null>;
}

/** What a slash offers: parts of a text, found by typing, chosen by arrows and Enter. */
export function SlashMenu({ editor, dialogs, keys }: Props) {
  const { t } = useI18n();
  const [slash, setSlash] = useState<Slash | null>(null);
  const [at, setAt] = useState(0);
  const refused = useRef(-1);
  useEffect(() => {
    const look = () => {
      const found = slashIn(editor);
      if (!found) refused.current = -1;
      setSlash(found && refused.current !== found.from ? found : null);
      setAt(0);
    };
    editor.on('transaction', look);
    editor.on('blur', look);
    return () => {
      editor.off('transaction', look);
      editor.off('blur', look);
    };
  }, [editor]);

  const all: Item[] = [
    ...items,
    { name: 'picture', label: 'rich.picture', perform: () => dialogs.picture() },
    { name: 'entry', label: 'rich.entry', perform: () => dialogs.entry() },
  ];
  const shown = slash ? all.filter((i) => t(i.label).toLowerCase().includes(slash.text.trim())) : [];
  const take = (item: Item | undefined) => {
    if (!item || !slash) return;
    editor.chain().focus().deleteRange({ from: slash.from, to: slash.to }).run();
    item.perform(editor);
  };
  keys.current = (key) => {
    if (shown.length === 0 || !slash) return false;
    if (key === 'ArrowDown') setAt((at + 1) % shown.length);
    else if (key === 'ArrowUp') setAt((at + shown.length - 1) % shown.length);
    else if (key === 'Enter' || key === 'Tab') take(shown[at]);
    else if (key === 'Escape') {
      refused.current = slash.from;
      setSlash(null);
    } else return false;
    return true;
  };
  if (shown.length === 0 || !slash) return null;
  return (
    <Paper withBorder shadow="md" p={4} className="slash" role="listbox" aria-label={t('rich.slash')} style={{ left: slash.left, top: slash.top }} dir={document.documentElement.dir}>
      {shown.map((item, i) => (
        <UnstyledButton key={item.name} role="option" aria-selected={i === at} className="slash-item" tabIndex={-1} onMouseDown={(e) => e.preventDefault()} onClick={() => take(item)}>
          <Text size="sm">{t(item.label)}</Text>
        </UnstyledButton>
      ))}
    </Paper>
  );
}
