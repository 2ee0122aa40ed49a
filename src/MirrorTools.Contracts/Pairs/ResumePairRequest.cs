using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Pairs;

/// <summary>Resumes a suspended pair.</summary>
[DataContract]
public sealed class ResumePairRequest
{
    /// <summary>After a split brain (F-23): the name or id of the agent whose changes are given up.</summary>
    [DataMember(Name = "discardChangesOn", EmitDefaultValue = false)]
    public string? DiscardChangesOn { get; set; }
}
