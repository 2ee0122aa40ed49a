using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Points;

/// <summary>Writes a committed point into a raw image file on the agent's machine.</summary>
[DataContract]
public sealed class ExportPointRequest
{
    /// <summary>The file, an absolute path on the agent's machine.</summary>
    [DataMember(Name = "path")]
    public string Path { get => field ?? ""; set; }

    /// <summary>True to replace a file that is there.</summary>
    [DataMember(Name = "overwrite")]
    public bool Overwrite { get; set; }

    /// <summary>True to leave zero grains as holes.</summary>
    [DataMember(Name = "sparse")]
    public bool Sparse { get; set; }
}
