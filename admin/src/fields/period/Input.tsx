import { SimpleGrid } from '@mantine/core';
import { below } from '../../api/problem';
import { useI18n } from '../../i18n/i18n';
import { DateControl } from '../date/DateControl';
import { InstantControl } from '../datetime/InstantControl';
import { Framed } from '../Framed';
import { objectOf, settingsOf, type Frame, type InputProps } from '../types';

interface Settings {
  times: boolean;
  precision: string;
  start_optional: boolean;
  end_optional: boolean;
}

export function Input({ field, frame, value, onChange, problems }: InputProps) {
  const { t } = useI18n();
  const s = settingsOf<Settings>(field);
  const period = objectOf(value);
  const set = (name: string, bound: unknown) => {
    const next: Record<string, unknown> = { ...period, [name]: bound };
    for (const key of Object.keys(next)) if (next[key] == null) delete next[key];
    onChange(Object.keys(next).length > 0 ? next : null);
  };
  const bound = (name: 'start' | 'end', optional = false): Frame => ({
    id: `${frame.id}-${name}`,
    label: t(name === 'start' ? 'period.start' : 'period.end'),
    withAsterisk: frame.withAsterisk && !optional,
    readOnly: frame.readOnly,
    error: below(problems, name)[0]?.detail,
  });
  const Control = s.times ? InstantControl : DateControl;
  return (
    <Framed frame={frame}>
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <Control frame={bound('start', s.start_optional)} value={period.start} onChange={(v: unknown) => set('start', v)} precision={s.precision} />
        <Control frame={bound('end', s.end_optional)} value={period.end} onChange={(v: unknown) => set('end', v)} precision={s.precision} />
      </SimpleGrid>
    </Framed>
  );
}
