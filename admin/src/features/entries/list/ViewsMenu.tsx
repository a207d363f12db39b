import { Button, Group, Menu, Modal, Stack, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconBookmark, IconCheck, IconPlus, IconRestore, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { asProblem } from '../../../api/problem';
import type { Collection } from '../../../api/types';
import { written } from '../../../fields/written';
import { useI18n } from '../../../i18n/i18n';
import type { ListSearch } from './search';
import { useViews, type View } from './views';

interface Props {
  collection: Collection;
  search: ListSearch;
  columns: string[];
  onOpen(view: View | null): void;
}

/** The views that somebody keeps of a list; they are there on every device. */
export function ViewsMenu({ collection, search, columns, onOpen }: Props) {
  const { t } = useI18n();
  const { views, current, full, save, remove } = useViews(collection, search, columns);
  const [naming, setNaming] = useState(false);
  const [name, setName] = useState('');
  const told = (work: Promise<void>) => void work.catch((e: unknown) => notifications.show({ color: 'red', message: asProblem(e).message || t('offline') }));
  return (
    <>
      <Menu position="bottom-end" width={280}>
        <Menu.Target>
          <Button variant="default" leftSection={<IconBookmark size={16} />} className="views">{current?.name ?? t('views')}</Button>
        </Menu.Target>
        <Menu.Dropdown>
          {views.map((v) => (
            <Menu.Item key={v.name} leftSection={v === current ? <IconCheck size={16} /> : <IconBookmark size={16} />} onClick={() => onOpen(v)}>
              <span dir="auto">{v.name}</span>
            </Menu.Item>
          ))}
          {views.length > 0 && <Menu.Divider />}
          <Menu.Item leftSection={<IconRestore size={16} />} onClick={() => onOpen(null)}>{t('views.usual')}</Menu.Item>
          <Menu.Item leftSection={<IconPlus size={16} />} disabled={full || current !== undefined} onClick={() => setNaming(true)}>{t('views.save')}</Menu.Item>
          {current && (
            <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={() => told(remove(current.name))}>{t('views.remove', { name: current.name })}</Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      <Modal opened={naming} onClose={() => setNaming(false)} title={t('views.save')} closeButtonProps={{ 'aria-label': t('close') }}>
        <form
          onSubmit={(e) => {
            e.preventDefault();
            setNaming(false);
            told(save(name.trim()));
            setName('');
          }}
        >
          <Stack>
            <TextInput label={t('views.name')} description={t('views.name_help')} required maxLength={60} data-autofocus {...written('auto')} value={name} onChange={(e) => setName(e.currentTarget.value)} />
            <Group justify="flex-end">
              <Button variant="default" onClick={() => setNaming(false)}>{t('cancel')}</Button>
              <Button type="submit" disabled={name.trim() === ''}>{t('save')}</Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </>
  );
}
