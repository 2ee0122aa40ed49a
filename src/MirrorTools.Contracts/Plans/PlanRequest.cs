using MirrorTools.Contracts.Pairs;
using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Plans;

/// <summary>Asks what an action would mean, without doing it; the numbers of -WhatIf.</summary>
[DataContract]
public sealed class PlanRequest
{
    /// <summary>A name of <see cref="PlanAction"/>.</summary>
    [DataMember(Name = "action")]
    public string Action { get => field ?? ""; set; }

    /// <summary>The pair's name or id; absent for <c>NewPair</c>.</summary>
    [DataMember(Name = "pair", EmitDefaultValue = false)]
    public string? Pair { get; set; }

    /// <summary>The pair to make; for <c>NewPair</c> only.</summary>
    [DataMember(Name = "newPair", EmitDefaultValue = false)]
    public NewPairRequest? NewPair { get; set; }

    /// <summary>For <c>ResumePair</c>.</summary>
    [DataMember(Name = "discardChangesOn", EmitDefaultValue = false)]
    public string? DiscardChangesOn { get; set; }

    /// <summary>For <c>RemovePair</c>.</summary>
    [DataMember(Name = "deleteData")]
    public bool DeleteData { get; set; }

    /// <summary>For <c>StartCycle</c>.</summary>
    [DataMember(Name = "supersede")]
    public bool Supersede { get; set; }
}
