/** Hosts of APIs that serve many models to many accounts, also with a subdomain, such as that of a region. */
const HOSTS = [
  "api.openai.com",
  "api.anthropic.com",
  "generativelanguage.googleapis.com",
  "aiplatform.googleapis.com",
  "openai.azure.com",
  "models.inference.ai.azure.com",
  "models.github.ai",
  "openrouter.ai",
  "api.groq.com",
  "api.mistral.ai",
  "api.deepseek.com",
  "api.together.ai",
  "api.together.xyz",
  "api.fireworks.ai",
  "api.cohere.com",
  "api.cohere.ai",
  "api.x.ai",
  "api.perplexity.ai",
  "api.cerebras.ai",
  "api.sambanova.ai",
  "api.deepinfra.com",
  "api.novita.ai",
  "api.venice.ai",
  "integrate.api.nvidia.com",
  "router.huggingface.co",
  "ai-gateway.vercel.sh",
  "api.moonshot.ai",
  "api.moonshot.cn",
  "api.siliconflow.com",
  "api.siliconflow.cn",
  "api.z.ai",
  "open.bigmodel.cn",
  "dashscope.aliyuncs.com",
  "dashscope-intl.aliyuncs.com",
] as const;

/** Hosts of the same kind with the region inside the name. */
const REGIONAL =
  /^(?:bedrock-runtime(?:-fips)?\.[a-z0-9-]+\.amazonaws\.com|[a-z0-9-]+-aiplatform\.googleapis\.com)$/;

/** Returns true for the host of an API where each request needs a model and a key. A server of one's own may need neither. */
export function isShared(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, "");
  return HOSTS.some((each) => name === each || name.endsWith(`.${each}`)) || REGIONAL.test(name);
}
