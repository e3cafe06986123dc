export { Choice, Segments, type Option } from './choice.tsx';
export { Layout } from './layout.tsx';
export { byteWords, countWords, numberWords, plural, unitWords, valueWords } from './numbers.ts';
export { Moment, NowProvider, useNow } from './now.tsx';
export { Empty, Failed, Loading, Page, SimulatedTag } from './page.tsx';
export { hrefOf, Link, RouterProvider, useRouter } from './router.tsx';
export { usePrefersDark, useResource, type Resource } from './hooks.ts';
export { durationWords, exactDurationWords, utcWords, viewerTime } from './time.ts';
export { SignIn } from './sign-in.tsx';
