import { Group, Switch, Tabs, Text } from '@mantine/core';
import { StatusBadge } from '../../../components/StatusBadge';
import { useI18n } from '../../../i18n/i18n';
import type { Written } from '../writing';

interface Props {
  locales: string[];
  written: Written;
  locale: string;
  onChange(locale: string): void;
  /** Whether another language stands beside this one. */
  beside: boolean;
  onBeside(on: boolean): void;
}

/** The languages of an entry, each with where it stands. */
export function LocaleTabs({ locales, written, locale, onChange, beside, onBeside }: Props) {
  const { t, languageName } = useI18n();
  return (
    <Group justify="space-between" align="end" mb="md">
      <Tabs value={locale} onChange={(l) => l && onChange(l)} aria-label={t('locales')} style={{ flex: '1 1 18rem' }}>
        <Tabs.List>
          {locales.map((l) => {
            const state = written.states[l];
            return (
              <Tabs.Tab key={l} value={l} aria-controls="entry">
                <Group gap={8} wrap="nowrap">
                  <span>{languageName(l)}</span>
                  {state ? <StatusBadge status={state.status} /> : <Text size="xs" c="dimmed" span>{t('locale.missing')}</Text>}
                </Group>
              </Tabs.Tab>
            );
          })}
        </Tabs.List>
      </Tabs>
      {locales.length > 1 && <Switch label={t('beside')} checked={beside} onChange={(e) => onBeside(e.currentTarget.checked)} />}
    </Group>
  );
}
