import { Box, Text } from '@mantine/core';
import { useMemo } from 'react';
import type { Field } from '../../../api/types';
import { cells } from '../../../fields/cells';
import { useI18n } from '../../../i18n/i18n';
import { compareWords } from '../../../lib/words';

interface Props {
  field: Field;
  from: unknown;
  to: unknown;
  dir: 'ltr' | 'rtl';
  /** Both: what went and what came in one text. To: only the new one, marked. */
  side?: 'both' | 'to';
}

const words = (value: unknown): string =>
  value == null ? '' : typeof value === 'string' ? value : JSON.stringify(value, null, 1).replace(/[{}[\]"]/g, '').replace(/\n\s*\n/g, '\n').trim();

const prose = new Set(['text', 'longtext', 'markdown', 'slug', 'email', 'url', 'phone', 'group', 'list', 'blocks', 'json', 'address', 'gallery']);

/** What changed in one field: by words where it is text, and otherwise as the two values. */
export function Difference({ field, from, to, dir, side = 'both' }: Props) {
  const { speech, t } = useI18n();
  const text = prose.has(field.kind);
  const runs = useMemo(() => (text ? compareWords(words(from), words(to)) : []), [text, from, to]);
  if (!text) {
    const Cell = cells[field.kind]?.Cell;
    const show = (v: unknown) => (v == null || !Cell ? <Text span c="dimmed" size="sm">{t('empty')}</Text> : <Cell field={field} value={v} locale={speech} />);
    if (side === 'to') return show(to);
    return <Box><del className="gone">{show(from)}</del> <ins className="come">{show(to)}</ins></Box>;
  }
  if (runs.length === 0) return <Text c="dimmed" size="sm">{t('empty')}</Text>;
  return (
    <Text size="sm" dir={dir} style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }} component="div">
      {runs.map((run, i) => {
        if (run.kind === 'same') return <span key={i}>{run.text}</span>;
        if (run.kind === 'come') return <ins key={i} className="come">{run.text}</ins>;
        return side === 'both' ? <del key={i} className="gone">{run.text}</del> : null;
      })}
    </Text>
  );
}
