using System.Runtime.Serialization;

namespace MirrorTools.Contracts.Client;

/// <summary>The body <c>{}</c> of a request or an answer that has nothing to say.</summary>
[DataContract]
public sealed class EmptyBody
{
}
