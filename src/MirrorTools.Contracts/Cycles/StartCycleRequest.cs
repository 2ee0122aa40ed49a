using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Cycles;

/// <summary>Starts a cycle.</summary>
[DataContract]
public sealed class StartCycleRequest
{
    /// <summary>True to take a new point although a cycle runs (F-12).</summary>
    [DataMember(Name = "supersede")]
    public bool Supersede { get; set; }
}
