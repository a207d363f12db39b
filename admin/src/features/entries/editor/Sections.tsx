import { Box, NavLink } from '@mantine/core';
import { useI18n } from '../../../i18n/i18n';
import { controlIn } from './locate';

/** Leads to the parts of a long form. */
export function Sections({ sections }: { sections: string[] }) {
  const { t, named } = useI18n();
  return (
    <Box component="nav" aria-label={t('sections')}>
      {sections.map((tab) => (
        <NavLink
          key={tab}
          href={`#section-${tab || 'main'}`}
          label={tab ? named('tab', tab) : t('tab.main')}
          onClick={(e) => {
            e.preventDefault();
            const part = document.getElementById(`section-${tab || 'main'}`);
            part?.scrollIntoView({ block: 'start' });
            if (part) controlIn(part)?.focus({ preventScroll: true });
          }}
          className="place"
        />
      ))}
    </Box>
  );
}
