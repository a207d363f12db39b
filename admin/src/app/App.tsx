import { Center, DirectionProvider, Loader, MantineProvider, MantineThemeProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { asProblem } from '../api/problem';
import { meQuery } from '../api/session';
import { ProblemAlert } from '../components/Problem';
import { SignInScreen } from '../features/session/SignInScreen';
import { I18nProvider, useI18n } from '../i18n/i18n';
import { router } from './router';
import { contrast, theme } from './theme';

const cache = new QueryClient({
  defaultOptions: {
    queries: {
      // What the server refused it would refuse again.
      retry: (count, error) => asProblem(error).passing && count < 2,
      refetchOnWindowFocus: true,
      staleTime: 5_000,
    },
  },
});

const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content;

export function App() {
  return (
    <DirectionProvider>
      <MantineProvider theme={theme} cssVariablesResolver={contrast} defaultColorScheme="auto" getStyleNonce={() => nonce ?? ''}>
        <I18nProvider>
          <QueryClientProvider client={cache}>
            <Notices />
            <Gate />
          </QueryClientProvider>
        </I18nProvider>
      </MantineProvider>
    </DirectionProvider>
  );
}

/** What is said in passing. Its closing button has a name, too. */
function Notices() {
  const { t } = useI18n();
  const named = { components: { Notification: { defaultProps: { closeButtonProps: { 'aria-label': t('close') } } } } };
  return <MantineThemeProvider theme={named}><Notifications position="bottom-center" /></MantineThemeProvider>;
}

/** Lets in who is signed in. */
function Gate() {
  const me = useQuery(meQuery);
  if (me.data) return me.data.user ? <RouterProvider router={router} /> : <SignInScreen />;
  if (me.error) {
    return asProblem(me.error).signedOut ? <SignInScreen /> : <Center mih="100vh"><ProblemAlert error={me.error} onRetry={() => void me.refetch()} /></Center>;
  }
  return <Center mih="100vh"><Loader /></Center>;
}
