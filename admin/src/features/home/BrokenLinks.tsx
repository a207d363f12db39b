import { useQuery } from '@tanstack/react-query';
import { brokenQuery } from '../../api/broken';
import { useCollections } from '../../api/collections';
import { useTitles } from '../../api/titles';
import { useI18n } from '../../i18n/i18n';
import { Line, Section } from './Section';

const shown = 8;

/** What points at something that is gone. */
export function BrokenLinks() {
  const { t, pick, named, speech, languageName } = useI18n();
  const collections = useCollections();
  const { data, error } = useQuery(brokenQuery);
  const some = data?.slice(0, shown) ?? [];
  const of = (name: string) => collections.find((c) => c.name === name);
  const titles = useTitles([...new Set(some.flatMap((b) => of(b.collection)?.id ?? []))], some.map((b) => b.id), speech);
  return (
    <Section name="broken" title={t('home.broken')} empty={t('home.broken.empty')} error={error} count={data?.length}>
      {some.map((b) => {
        const collection = of(b.collection);
        const field = collection?.fields.find((f) => f.name === b.field);
        const facts = [pick(collection?.label_one, b.collection), b.locale && languageName(b.locale), pick(field?.label, b.field), named('home.gone', b.gone)];
        return (
          <Line key={`${b.id} ${b.locale} ${b.field} ${b.gone}`} to={`/c/${b.collection}/${b.id}`} name={titles.get(b.id)?.title || t('entry.untitled')} facts={facts} />
        );
      })}
    </Section>
  );
}
