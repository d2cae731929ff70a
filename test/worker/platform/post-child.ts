/** Posts once, on whatever runs it: POST_URL, POST_NAMES (name to addresses), POST_CA; prints what came. */
import { createPost } from "../../../worker/platform/post.ts";
import { currentRuntime } from "../../../worker/platform/runtime.ts";

const { POST_URL, POST_ADDRESSES, POST_CA, POST_ALLOW_PRIVATE } = currentRuntime().environment();
const post = createPost({
  allowPrivate: POST_ALLOW_PRIVATE === "1",
  timeoutMs: 60_000,
  ...(POST_CA ? { ca: POST_CA } : {}),
  ...(POST_ADDRESSES ? { resolve: () => Promise.resolve(POST_ADDRESSES.split(",")) } : {}),
});
try {
  console.log(JSON.stringify(await post(POST_URL!, { "webhook-id": "msg_1" }, '{"type":"é"}')));
} catch (error) {
  console.log(JSON.stringify({ failure: (error as Error).message }));
}
