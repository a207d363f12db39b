import { Button, Stack, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import type { Values } from '../../api/types';
import { directionOf, useI18n } from '../../i18n/i18n';
import { AssetDialog } from '../asset/AssetDialog';
import { AssetLine } from '../asset/AssetLine';
import { Framed } from '../Framed';
import { useItems } from '../list/items';
import { Sortable } from '../list/Sortable';
import { objectOf, settingsOf, textOf, type InputProps } from '../types';
import { written } from '../written';

// An id alone is an item without a caption.
const itemOf = (item: unknown): Values => (typeof item === 'string' ? { asset: item } : objectOf(item));

export function Input({ field, frame, value, onChange, locale }: InputProps) {
  const { t } = useI18n();
  const [open, setOpen] = useState(false);
  const s = settingsOf<{ media_types: string[]; max: number }>(field);
  const { items, acts } = useItems(value, onChange, itemOf);
  return (
    <Framed frame={frame}>
      <Stack gap="sm">
        {items.map((item, i) => (
          <Sortable
            key={`${textOf(item.asset)}.${items.slice(0, i).filter((o) => o.asset === item.asset).length}`}
            list={frame.id}
            index={i}
            count={items.length}
            name={t('gallery.item', { n: i + 1 })}
            title={<AssetLine id={textOf(item.asset)} />}
            readOnly={frame.readOnly}
            onMove={acts.move}
            onRemove={acts.remove}
          >
            <TextInput
              id={`${frame.id}-${i}-caption`}
              label={t('gallery.caption')}
              value={textOf(item.caption)}
              readOnly={frame.readOnly}
              {...written(directionOf(locale), locale)}
              onChange={(e) => acts.change(i, { ...item, caption: e.currentTarget.value || undefined })}
            />
          </Sortable>
        ))}
        {!frame.readOnly && items.length < (s.max || 200) && (
          <div>
            <Button id={`${frame.id}-add`} variant="light" size="compact-sm" leftSection={<IconPlus size={16} />} onClick={() => setOpen(true)}>
              {t('gallery.add')}
            </Button>
          </div>
        )}
      </Stack>
      <AssetDialog
        opened={open}
        onClose={() => setOpen(false)}
        accept={s.media_types}
        onChoose={(asset) => {
          acts.add({ asset: asset.id });
          setOpen(false);
        }}
      />
    </Framed>
  );
}
