import { Alert, Button, Code, Group, Image, PasswordInput, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { beginFactor, confirmFactor, removeFactor, renewCodes, type Factor } from '../../api/account';
import { ProblemAlert } from '../../components/Problem';
import { useAttempt } from '../../components/useAttempt';
import { useI18n, type Key } from '../../i18n/i18n';
import { download } from '../../lib/csv';
import { Section } from './Section';

type Step = 'none' | 'begin' | 'renew' | 'remove';

/** The second factor: set up with an app, recovery codes, taken away. */
export function FactorCard({ on, password: hasPassword }: { on: boolean; password: boolean }) {
  const { t } = useI18n();
  const cache = useQueryClient();
  const [step, setStep] = useState<Step>('none');
  const [factor, setFactor] = useState<Factor | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const { busy, wrong, attempt, at, forgive } = useAttempt();
  const known = () => cache.invalidateQueries({ queryKey: ['me'] });
  const go = (next: Step) => {
    forgive();
    setStep(next);
  };
  const begin = (password: string) => attempt(async () => setFactor(await beginFactor(password)));
  const confirm = (code: string) =>
    attempt(async () => {
      setCodes(await confirmFactor(code));
      setFactor(null);
      go('none');
      await known();
    });
  const renew = (code: string) =>
    attempt(async () => {
      setCodes(await renewCodes(code));
      go('none');
    });
  const remove = (value: string) =>
    attempt(async () => {
      await removeFactor(hasPassword ? { password: value } : { code: value });
      setCodes(null);
      go('none');
      await known();
    });
  const problem = wrong && !at('/code') && !at('/password') ? <ProblemAlert error={wrong} /> : null;
  return (
    <Section title={t('factor')} help={t(on ? 'factor.on' : 'factor.off')}>
      <Stack gap="sm">
        {problem}
        {codes && <Codes codes={codes} onDone={() => setCodes(null)} />}
        {factor && <SetUp factor={factor} busy={busy} error={at('/code')} onCode={confirm} />}
        {step === 'begin' && !factor && hasPassword && <Ask what="password" asks="account.current_password" act="factor.begin" busy={busy} error={at('/password')} onGive={begin} />}
        {step === 'renew' && <Ask what="code" asks="session.code" act="factor.renew" busy={busy} error={at('/code')} onGive={renew} />}
        {step === 'remove' && (
          <Ask what={hasPassword ? 'password' : 'code'} asks={hasPassword ? 'account.current_password' : 'session.code'} act="factor.remove" busy={busy} error={at('/password') ?? at('/code')} onGive={remove} />
        )}
        {!factor && (
          <Group justify="flex-end" gap="xs">
            {!on && step === 'none' && <Button variant="light" loading={busy} onClick={() => (hasPassword ? go('begin') : void begin(''))}>{t('factor.begin')}</Button>}
            {on && step !== 'renew' && <Button variant="subtle" onClick={() => go('renew')}>{t('factor.renew')}</Button>}
            {on && step !== 'remove' && <Button variant="subtle" color="red" onClick={() => go('remove')}>{t('factor.remove')}</Button>}
          </Group>
        )}
      </Stack>
    </Section>
  );
}

interface AskProps {
  what: 'password' | 'code';
  asks: Key;
  act: Key;
  busy: boolean;
  error?: string;
  onGive(value: string): void;
}

function Ask({ what, asks, act, busy, error, onGive }: AskProps) {
  const { t } = useI18n();
  const [value, setValue] = useState('');
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        onGive(value);
      }}
    >
      <Stack gap="xs">
        {what === 'password' ? (
          <PasswordInput
            label={t(asks)} dir="ltr" required autoComplete="current-password" data-autofocus value={value} error={error} onChange={(e) => setValue(e.currentTarget.value)}
            visibilityToggleButtonProps={{ 'aria-label': t('session.show_password') }}
          />
        ) : (
          <TextInput label={t(asks)} description={t('session.code_help')} dir="ltr" required autoComplete="one-time-code" value={value} error={error} onChange={(e) => setValue(e.currentTarget.value)} />
        )}
        <Group justify="flex-end"><Button type="submit" loading={busy}>{t(act)}</Button></Group>
      </Stack>
    </form>
  );
}

function SetUp({ factor, busy, error, onCode }: { factor: Factor; busy: boolean; error?: string; onCode(code: string): void }) {
  const { t } = useI18n();
  return (
    <Stack gap="sm">
      <Text size="sm">{t('factor.scan')}</Text>
      <Image src={`data:image/svg+xml;charset=utf-8,${encodeURIComponent(factor.qr)}`} alt={t('factor.qr')} w={220} h={220} />
      <Text size="sm">{t('factor.by_hand')} <Code dir="ltr" style={{ overflowWrap: 'anywhere' }}>{factor.secret}</Code></Text>
      <Ask what="code" asks="session.code" act="factor.confirm" busy={busy} error={error} onGive={onCode} />
    </Stack>
  );
}

function Codes({ codes, onDone }: { codes: string[]; onDone(): void }) {
  const { t } = useI18n();
  const keep = () => download(new Blob([codes.join('\r\n') + '\r\n'], { type: 'text/plain' }), 'recueil-codes.txt');
  return (
    <Alert color="blue" title={t('factor.codes')} role="status">
      <Stack gap="sm">
        <Text size="sm">{t('factor.codes_help')}</Text>
        <SimpleGrid cols={2} spacing={4} component="ul" style={{ listStyle: 'none', padding: 0, margin: 0 }}>
          {codes.map((c) => <li key={c}><Code dir="ltr">{c}</Code></li>)}
        </SimpleGrid>
        <Group justify="flex-end" gap="xs">
          <Button size="compact-sm" variant="default" leftSection={<IconDownload size={14} />} onClick={keep}>{t('factor.codes_keep')}</Button>
          <Button size="compact-sm" onClick={onDone}>{t('factor.codes_kept')}</Button>
        </Group>
      </Stack>
    </Alert>
  );
}
