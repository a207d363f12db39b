import { useQuery } from '@tanstack/react-query';
import { useCollections } from '../../api/collections';
import { reviewsQuery, type Waiting } from '../../api/reviews';
import { useTitles } from '../../api/titles';
import type { Actor } from '../../api/types';
import { useActorName } from '../../components/useActorName';
import { useI18n } from '../../i18n/i18n';
import { Line, Section } from './Section';

const shown = 8;

/** What waits for one's decision, and what came back to be corrected. */
export function ReviewCards() {
  const { t } = useI18n();
  const { data, error } = useQuery(reviewsQuery);
  const waiting = data?.filter((r) => r.state === 'submitted');
  const returned = data?.filter((r) => r.state === 'rejected') ?? [];
  return (
    <>
      <Section name="review" title={t('home.review')} empty={t('home.review.empty')} error={error} count={waiting?.length}>
        <Reviews list={waiting ?? []} />
      </Section>
      {returned.length > 0 && (
        <Section name="returned" title={t('home.returned')} empty="" count={returned.length}>
          <Reviews list={returned} />
        </Section>
      )}
    </>
  );
}

function Reviews({ list }: { list: Waiting[] }) {
  const { t, pick, date, speech, languageName } = useI18n();
  const who = useActorName();
  const collections = useCollections();
  const some = list.slice(0, shown);
  const titles = useTitles([...new Set(some.flatMap((r) => collections.find((c) => c.name === r.collection)?.id ?? []))], some.map((r) => r.id), speech);
  return some.map((r) => {
    const collection = collections.find((c) => c.name === r.collection);
    const facts = [
      pick(collection?.label_one, r.collection), languageName(r.locale), who((r.decided_by ?? r.submitted_by) as Actor), date(r.decided_at ?? r.submitted_at, true), r.comment,
    ];
    return <Line key={`${r.id} ${r.locale}`} to={`/c/${r.collection}/${r.id}`} name={titles.get(r.id)?.title || t('entry.untitled')} facts={facts} />;
  });
}
