using MirrorTools.Engine.AsyncCopy.Preserving;
using MirrorTools.Engine.AsyncCopy.Source;
using MirrorTools.Engine.AsyncCopy.Target;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Mirroring.Target;

namespace MirrorTools.Engine.Tests.AsyncCopy;

/// <summary>The insides of asynchronous copy, for tests that look at each step.</summary>
internal static class AsyncInsides
{
    extension(MirrorSource source)
    {
        public AsyncMaps Maps => ((AsyncPrimary)source.Service).Maps;
    }

    extension(MirrorTarget target)
    {
        public PreservedArea Area => ((AsyncSecondary)target.Service).Area;
    }
}
