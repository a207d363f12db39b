import { Badge, List, Text } from '@mantine/core';
import { useCollections } from '../../api/collections';
import type { Scope } from '../../api/plugins';
import { useI18n } from '../../i18n/i18n';
import { readable } from './scopes';

/** What a plugin may do or asks to, in plain words, with its reasons. */
export function Scopes({ scopes, marked = false }: { scopes: Scope[]; marked?: boolean }) {
  const { t, pick, named } = useI18n();
  const collections = useCollections();
  const label = (name: string) => {
    const c = collections.find((one) => one.name === name || one.id === name);
    return c ? pick(c.label, c.name) : name;
  };
  if (scopes.length === 0) return <Text size="sm" c="dimmed">{t('plugin.no_scopes')}</Text>;
  return (
    <List size="sm" spacing="xs">
      {readable(scopes).map((a) => (
        <List.Item key={a.key}>
          {a.collection ? t('plugin.rights_in', { name: label(a.collection), verbs: (a.verbs ?? []).map((v) => named('plugin.verb', v)).join(', ') }) : a.text}
          {marked && a.fresh && <> <Badge size="sm" color="blue.8" variant="outline" className="status">{t('plugin.scope_new')}</Badge></>}
          {a.elevated && <> <Badge size="sm" color="orange.9" variant="outline" className="status">{t('plugin.scope_elevated')}</Badge></>}
          {a.why.map((why) => <Text key={why} size="xs" c="dimmed">{t('plugin.why', { why })}</Text>)}
        </List.Item>
      ))}
    </List>
  );
}
