namespace MirrorTools.Agent.Volumes;

/// <summary>A port: the volumes there are now.</summary>
public interface IVolumeDirectory
{
    /// <summary>All volumes, by name.</summary>
    IReadOnlyList<Volume> List();
}
