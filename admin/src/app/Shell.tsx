import { ActionIcon, AppShell, Burger, Button, Group, Image, Kbd, ScrollArea, Text, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { Link, Outlet } from '@tanstack/react-router';
import { useEffect } from 'react';
import { events, followEvents } from '../api/events';
import { ExpiredDialog } from '../features/session/ExpiredDialog';
import { useI18n } from '../i18n/i18n';
import { readable } from '../lib/keys';
import { AccountMenu } from './AccountMenu';
import { Navigation } from './Navigation';
import { LazyPalette, openPalette } from './LazyPalette';
import { Shortcuts } from './Shortcuts';
import { ViewAsBanner } from './ViewAsBanner';

export function Shell() {
  const { t } = useI18n();
  const [open, { toggle, close }] = useDisclosure();
  useLiveUpdates();
  return (
    <AppShell header={{ height: 56 }} navbar={{ width: 264, breakpoint: 'md', collapsed: { mobile: !open } }} padding={{ base: 'sm', sm: 'lg' }}>
      <a href="#content" className="skip">{t('skip')}</a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={open} onClick={toggle} hiddenFrom="md" size="sm" aria-label={t('menu')} aria-expanded={open} aria-controls="places" />
            <UnstyledButton component={Link} to="/" aria-label={`Recueil, ${t('home')}`}>
              <Group gap="xs" wrap="nowrap">
                <Image src="/admin/icon.svg" alt="" w={28} h={28} />
                <Text fw={700} size="lg" visibleFrom="xs">Recueil</Text>
              </Group>
            </UnstyledButton>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <Button variant="default" size="sm" leftSection={<IconSearch size={16} />} rightSection={<Kbd size="xs">{readable('mod+K')}</Kbd>} visibleFrom="sm" onClick={openPalette}>
              {t('palette.open')}
            </Button>
            <ActionIcon variant="default" size="lg" hiddenFrom="sm" aria-label={t('palette.open')} onClick={openPalette}>
              <IconSearch size={18} />
            </ActionIcon>
            <AccountMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar id="places" aria-label={t('menu')}>
        <ScrollArea p="xs" type="auto" scrollbarSize={6}>
          <Navigation onGo={close} />
        </ScrollArea>
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1}>
        <ViewAsBanner />
        <Outlet />
      </AppShell.Main>
      <ExpiredDialog />
      <LazyPalette />
      <Shortcuts />
    </AppShell>
  );
}

// What others change shows where it stands: the lists of a collection, the
// definitions, the files.
function useLiveUpdates() {
  const cache = useQueryClient();
  useEffect(() => {
    const stop = events.listen((e) => {
      if (e.kind === 'reset') void cache.invalidateQueries();
      if (e.kind !== 'commit') return;
      if (e.collection) void cache.invalidateQueries({ queryKey: ['entries', e.collection, 'list'] });
      if (e.noun === 'collection') void cache.invalidateQueries({ queryKey: ['collections'] });
      if (e.noun === 'plugin') void cache.invalidateQueries({ queryKey: ['places'] });
      if (e.noun === 'asset') void cache.invalidateQueries({ queryKey: ['assets', 'list'] });
    });
    const close = followEvents();
    return () => {
      stop();
      close();
    };
  }, [cache]);
}
