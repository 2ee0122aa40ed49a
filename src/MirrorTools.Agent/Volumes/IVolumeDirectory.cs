using MirrorTools.Agent.Control.Errors;

namespace MirrorTools.Agent.Volumes;

/// <summary>A port: the volumes there are now.</summary>
public interface IVolumeDirectory
{
    /// <summary>All volumes, by name.</summary>
    IReadOnlyList<Volume> List();

    /// <summary>Why a volume of a pair is not there now; null where no pair has one of that name or id, or its pair is open.</summary>
    ControlException? WhyClosed(string nameOrId);
}
