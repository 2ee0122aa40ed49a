using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Errors;

/// <summary>What every answer that is not a success carries.</summary>
[DataContract]
public sealed class ErrorBody
{
    /// <summary>The stable id, one of <see cref="ErrorIds"/>.</summary>
    [DataMember(Name = "errorId")]
    public string ErrorId { get => field ?? ""; set; }

    /// <summary>What went wrong and why, in one or two sentences.</summary>
    [DataMember(Name = "message")]
    public string Message { get => field ?? ""; set; }

    /// <summary>What to do about it, naming the cmdlet that helps.</summary>
    [DataMember(Name = "recommendedAction")]
    public string RecommendedAction { get => field ?? ""; set; }

    /// <summary>The name or path the error is about.</summary>
    [DataMember(Name = "target", EmitDefaultValue = false)]
    public string? Target { get; set; }

    /// <summary>The name of the PowerShell error category that fits, such as <c>ObjectNotFound</c>.</summary>
    [DataMember(Name = "category")]
    public string Category { get => field ?? ""; set; }

    /// <summary>Further facts by name, such as the two histories of a split brain.</summary>
    [DataMember(Name = "details")]
    public Dictionary<string, string> Details { get => field ??= []; set; }
}
