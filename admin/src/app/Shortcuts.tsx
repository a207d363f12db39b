import { Kbd, Modal, Table } from '@mantine/core';
import { useHotkeys, type HotkeyItem } from '@mantine/hooks';
import { entryActs } from '../actions/entry/all';
import { createKeys, editorKeys } from '../actions/keys';
import { offered } from '../actions/offered';
import { useI18n, type Key } from '../i18n/i18n';
import { readable } from '../lib/keys';
import { createStore, useStore } from '../lib/store';

const open = createStore(false);

export const openShortcuts = () => open.set(true);

/** Lets every shortcut work whose act is offered now, and lists those of all acts. */
export function Shortcuts() {
  const { t } = useI18n();
  const shown = useStore(open);
  const acts = Object.values(useStore(offered)).flat().filter((a) => a.keys);
  useHotkeys([['shift+?', openShortcuts]]);
  useHotkeys(acts.map((a): HotkeyItem => [a.keys ?? '', a.perform]), [], true);
  const parts: { title: Key; rows: { label: string; keys: string[] }[] }[] = [
    { title: 'shortcuts.anywhere', rows: [{ label: t('palette.open'), keys: ['mod+K'] }, { label: t('shortcuts'), keys: ['?'] }] },
    {
      title: 'shortcuts.list',
      rows: [
        { label: t('shortcuts.rows'), keys: ['ArrowUp+ArrowDown', 'k+j'] },
        { label: t('shortcuts.open'), keys: ['Enter'] },
        { label: t('shortcuts.mark'), keys: ['x'] },
        { label: t('shortcuts.mark_more'), keys: ['shift+ArrowDown'] },
        { label: t('shortcuts.search'), keys: ['/'] },
        { label: t('entry.new'), keys: [createKeys] },
      ],
    },
    {
      title: 'shortcuts.entry',
      rows: [
        ...entryActs.flatMap((a) => (a.keys ? [{ label: t(a.label), keys: [a.keys] }] : [])),
        { label: t('checks'), keys: [editorKeys.checks] },
        { label: t('preview'), keys: [editorKeys.preview] },
        { label: t('history'), keys: [editorKeys.history] },
        { label: t('shortcuts.move'), keys: ['ArrowUp+ArrowDown'] },
        { label: t('shortcuts.insert'), keys: ['/'] },
      ],
    },
  ];
  return (
    <Modal opened={shown} onClose={() => open.set(false)} title={t('shortcuts')} closeButtonProps={{ 'aria-label': t('close') }}>
      {parts.map(({ title, rows }) => (
        <Table key={title} captionSide="top" mb="md">
          <Table.Caption ta="start" fw={700} mt={0} fz="sm" c="inherit">{t(title)}</Table.Caption>
          <Table.Tbody>
            {rows.map(({ label, keys }) => (
              <Table.Tr key={label}>
                <Table.Th scope="row" fw={400}>{label}</Table.Th>
                <Table.Td ta="end">{keys.map((k) => <Kbd key={k} dir="ltr" ms={4}>{readable(k)}</Kbd>)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      ))}
    </Modal>
  );
}
