using MirrorTools.Engine.Flashcopy.Source;
using MirrorTools.Engine.Flashcopy.Target;
using MirrorTools.Engine.Journal;
using MirrorTools.Engine.Mirroring.Source;
using MirrorTools.Engine.Mirroring.Target;

namespace MirrorTools.Engine.Tests.Flashcopy;

/// <summary>The insides of the flashcopy service, for tests that look at each step.</summary>
internal static class ServiceInsides
{
    extension(MirrorSource source)
    {
        public SourceMaps Maps => ((FirstFlashcopy)source.Service).Maps;
    }

    extension(MirrorTarget target)
    {
        public TargetMaps Maps => ((SecondIntermediate)target.Service).Maps;

        public DirtyRegionLog Log => ((SecondIntermediate)target.Service).Log;
    }
}
