import { SimpleGrid, TextInput } from '@mantine/core';
import { below } from '../../api/problem';
import { useI18n } from '../../i18n/i18n';
import { Framed } from '../Framed';
import { objectOf, settingsOf, textOf, type InputProps } from '../types';
import { written } from '../written';

const parts = [
  { name: 'street', limit: 300 },
  { name: 'postcode', limit: 12 },
  { name: 'commune', limit: 100 },
  { name: 'territory', limit: 12 },
  { name: 'country', limit: 2 },
] as const;

export function Input({ field, frame, value, onChange, problems }: InputProps) {
  const { t } = useI18n();
  const address = objectOf(value);
  const s = settingsOf<{ country: string; required: string[] }>(field);
  const set = (name: string, part: string) => {
    const next: Record<string, unknown> = { ...address, [name]: part };
    if (!part) delete next[name];
    onChange(Object.keys(next).length > 0 ? next : null);
  };
  return (
    <Framed frame={frame}>
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        {parts.map(({ name, limit }) => (
          <TextInput
            key={name}
            id={`${frame.id}-${name}`}
            label={t(`address.${name}`)}
            maxLength={limit}
            {...written('auto')}
            readOnly={frame.readOnly}
            withAsterisk={s.required?.includes(name)}
            placeholder={name === 'country' ? s.country : undefined}
            value={textOf(address[name])}
            error={below(problems, name)[0]?.detail}
            onChange={(e) => set(name, name === 'country' ? e.currentTarget.value.toUpperCase() : e.currentTarget.value)}
          />
        ))}
      </SimpleGrid>
    </Framed>
  );
}
