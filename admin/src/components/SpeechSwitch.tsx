import { SegmentedControl } from '@mantine/core';
import { speeches, useI18n, type Speech } from '../i18n/i18n';

// Each language under its own name, which is the same in all catalogues.
const own: Record<Speech, string> = { fr: 'Français', ar: 'العربية', en: 'English' };

/** The language of the console. */
export function SpeechSwitch({ onChoose }: { onChoose?: (speech: Speech) => void }) {
  const { speech, choose, t } = useI18n();
  return (
    <SegmentedControl
      aria-label={t('speech')}
      value={speech}
      data={speeches.map((s) => ({ value: s, label: <span lang={s}>{own[s]}</span> }))}
      onChange={(s) => {
        choose(s as Speech);
        onChoose?.(s as Speech);
      }}
    />
  );
}
