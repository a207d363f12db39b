import { ActionIcon, Alert, Box, Button, CopyButton, Group, Popover, SegmentedControl, Select, Skeleton, Stack, Text, TextInput } from '@mantine/core';
import { IconDeviceDesktop, IconDeviceMobile, IconExternalLink, IconShare, IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { makePreview, previewQuery, type PreviewLink } from '../../../api/preview';
import { asProblem } from '../../../api/problem';
import { useI18n } from '../../../i18n/i18n';
import type { Written } from '../writing';

interface Props {
  collection: string;
  written: Written;
  locale: string;
  onClose(): void;
}

/** The page of the entry as visitors will see it, beside the form; it follows each save. */
export function Preview({ collection, written, locale, onClose }: Props) {
  const { t } = useI18n();
  const [width, setWidth] = useState<'wide' | 'phone'>('wide');
  const id = written.id ?? '';
  const there = written.states[locale] !== undefined || written.locales.length === 0;
  const { data, error } = useQuery({ ...previewQuery(collection, id, locale), enabled: id !== '' && there });
  return (
    <Stack gap="xs" component="aside" aria-label={t('preview')} className="preview">
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <SegmentedControl
          size="xs"
          aria-label={t('preview.width')}
          value={width}
          onChange={(w) => setWidth(w as 'wide' | 'phone')}
          data={[
            { value: 'wide', label: <IconDeviceDesktop size={16} role="img" aria-label={t('preview.wide')} /> },
            { value: 'phone', label: <IconDeviceMobile size={16} role="img" aria-label={t('preview.phone')} /> },
          ]}
        />
        <Group gap={4} wrap="nowrap">
          {data && <Share collection={collection} id={id} locale={locale} />}
          {data && <ActionIcon variant="default" component="a" href={data.url} target="_blank" rel="noreferrer" aria-label={t('preview.open')}><IconExternalLink size={16} /></ActionIcon>}
          <ActionIcon variant="default" aria-label={t('preview.close')} onClick={onClose}><IconX size={16} /></ActionIcon>
        </Group>
      </Group>
      {!there && <Alert color="blue">{t('preview.no_locale')}</Alert>}
      {error && <Alert color="blue">{asProblem(error).message || t('offline')}</Alert>}
      {there && !error && !data && <Skeleton h={400} />}
      {there && data && <Page link={data} revision={written.revision} width={width} />}
    </Stack>
  );
}

function Page({ link, revision, width }: { link: PreviewLink; revision: number; width: 'wide' | 'phone' }) {
  const { t } = useI18n();
  const frame = useRef<HTMLIFrameElement>(null);
  const place = useRef({ revision, top: 0 });
  // What was saved shows at once, at the place that one looks at.
  useEffect(() => {
    if (place.current.revision === revision) return;
    const inside = frame.current?.contentWindow;
    place.current = { revision, top: inside?.scrollY ?? 0 };
    inside?.location.reload();
  }, [revision]);
  return (
    <Box className="preview-page" data-width={width}>
      <iframe
        ref={frame}
        title={t('preview')}
        src={link.url}
        data-revision={revision}
        sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"
        onLoad={() => frame.current?.contentWindow?.scrollTo(0, place.current.top)}
      />
    </Box>
  );
}

const spans = [60, 1440, 10_080, 43_200] as const; // an hour, a day, a week, thirty days

/** A link for somebody who has no account. */
function Share({ collection, id, locale }: { collection: string; id: string; locale: string }) {
  const { t, date } = useI18n();
  const [minutes, setMinutes] = useState('1440');
  const [link, setLink] = useState<PreviewLink | null>(null);
  const [wrong, setWrong] = useState('');
  const make = async () => {
    setWrong('');
    try {
      setLink(await makePreview(collection, id, locale, Number(minutes)));
    } catch (error) {
      setWrong(asProblem(error).message || t('offline'));
    }
  };
  const address = link ? new URL(link.url, window.location.origin).href : '';
  return (
    <Popover width={320} position="bottom-end" withArrow trapFocus shadow="md" onChange={() => setLink(null)}>
      <Popover.Target><ActionIcon variant="default" aria-label={t('preview.share')}><IconShare size={16} /></ActionIcon></Popover.Target>
      <Popover.Dropdown>
        <Stack gap="sm">
          <Text size="sm">{t('preview.share_help')}</Text>
          <Select label={t('preview.good_for')} comboboxProps={{ withinPortal: false }} data={spans.map((s) => ({ value: String(s), label: t(`preview.minutes_${s}`) }))} value={minutes} allowDeselect={false} onChange={(v) => v && setMinutes(v)} />
          {wrong && <Text size="sm" c="red.8" role="alert">{wrong}</Text>}
          {link ? (
            <>
              <TextInput label={t('preview.link')} description={t('preview.until', { at: date(link.expires_at, true) })} readOnly dir="ltr" value={address} onFocus={(e) => e.currentTarget.select()} />
              <CopyButton value={address}>{({ copied, copy }) => <Button size="compact-sm" onClick={copy}>{t(copied ? 'preview.copied' : 'preview.copy')}</Button>}</CopyButton>
            </>
          ) : (
            <Button size="compact-sm" onClick={() => void make()}>{t('preview.make')}</Button>
          )}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
