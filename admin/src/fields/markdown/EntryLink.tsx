import { Button, Group, Modal, Stack } from '@mantine/core';
import { RichTextEditor } from '@mantine/tiptap';
import { IconFileSymlink } from '@tabler/icons-react';
import type { Editor } from '@tiptap/core';
import { useState } from 'react';
import { useCollections } from '../../api/collections';
import { useTitles } from '../../api/titles';
import { useI18n } from '../../i18n/i18n';
import { Picker } from '../relation/Picker';

/** Links the chosen words, or a new title, to an entry that is found by search. */
export function EntryLink({ editor, open, setOpen }: { editor: Editor; open: boolean; setOpen(open: boolean): void }) {
  const { t, speech } = useI18n();
  const [ids, setIds] = useState<string[]>([]);
  const collections = useCollections().filter((c) => c.path);
  const titles = useTitles(collections.map((c) => c.id), ids, speech);

  const link = () => {
    const id = ids[0];
    if (!id) return;
    const href = `entry:${id}`;
    const chain = editor.chain().focus();
    if (editor.state.selection.empty) {
      const text = titles.get(id)?.title || id;
      chain.insertContent({ type: 'text', text, marks: [{ type: 'link', attrs: { href } }] }).run();
    } else {
      chain.setLink({ href }).run();
    }
    setOpen(false);
    setIds([]);
  };
  // Shown in the text, in a paragraph of its own.
  const embed = () => {
    const id = ids[0];
    if (!id) return;
    editor.chain().focus().insertContent({ type: 'paragraph', content: [{ type: 'image', attrs: { src: `entry:${id}`, alt: '' } }] }).run();
    setOpen(false);
    setIds([]);
  };

  return (
    <>
      <RichTextEditor.Control aria-label={t('rich.entry')} title={t('rich.entry')} onClick={() => setOpen(true)}>
        <IconFileSymlink size={16} />
      </RichTextEditor.Control>
      <Modal opened={open} onClose={() => setOpen(false)} title={t('rich.entry')} closeButtonProps={{ 'aria-label': t('close') }}>
        <Stack>
          <Picker
            frame={{ id: 'rich-entry', label: t('rich.entry_search'), withAsterisk: false, readOnly: false }}
            targets={{ collections, many: false }}
            ids={ids}
            onChange={setIds}
          />
          <Group justify="end">
            <Button variant="default" onClick={embed} disabled={ids.length === 0}>{t('rich.entry_embed')}</Button>
            <Button onClick={link} disabled={ids.length === 0}>{t('rich.entry_link')}</Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
